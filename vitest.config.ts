import { defineConfig } from 'vitest/config';

// `npm test`: everything that needs neither a browser nor root. Two cores: forks of two keep the sockets honest.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/fuzz/**', 'test/net/**', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    // bounds for what hangs, not for what is slow: a machine that does other things too takes a minute for what takes seconds alone
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
