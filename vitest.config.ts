import { defineConfig } from 'vitest/config';

// `npm test`: everything that needs neither a browser nor root. Two cores: forks of two keep the sockets honest.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/fuzz/**', 'test/net/**', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
