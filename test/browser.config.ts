import { defineConfig } from 'vitest/config';

// `npm run test:browser`: Debian's Chromium through the running gateway. Skipped with a message where there is no Chromium.
export default defineConfig({
  test: { include: ['test/browser/**/*.test.ts'], pool: 'forks', maxWorkers: 1, testTimeout: 60_000, hookTimeout: 90_000 },
});
