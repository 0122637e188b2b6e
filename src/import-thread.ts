/** Thread entry of a list import: introduces the store and the shipped rules to the lists (started by lists/import-thread.ts). */
import { rulesDir } from './installed.js';
import { runImportThread } from './lists/import-thread.js';
import { loadShipped } from './lists/shipped.js';
import { openStore } from './store/database.js';

await runImportThread((dataDir) => openStore(dataDir), () => loadShipped(rulesDir()));
