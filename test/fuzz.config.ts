import { defineConfig } from 'vitest/config';

// `npm run test:fuzz`: seeded mutation of the wire grammar. FUZZ_CASES (default 1,000,000 over all files), FUZZ_SEED.
export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.fuzz.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 900_000,
  },
});
