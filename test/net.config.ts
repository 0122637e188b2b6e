import { defineConfig } from 'vitest/config';

// `npm run test:net`: a school in network namespaces, with the shipped nftables rules. Needs root; skipped with a message elsewhere.
export default defineConfig({
  test: { include: ['test/net/**/*.test.ts'], pool: 'forks', maxWorkers: 1, testTimeout: 60_000, hookTimeout: 180_000 },
});
