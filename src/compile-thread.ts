/** Thread entry of a list compile: introduces the store to the lists, read-only (started by lists/compile.ts). */
import { runCompileThread } from './lists/compile-worker.js';
import { openStore } from './store/database.js';

await runCompileThread((dataDir) => openStore(dataDir, { readonly: true }));
