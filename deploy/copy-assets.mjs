// Static files of the console go where the compiled code looks for them. Part of `npm run build`.
import { cpSync, rmSync } from 'node:fs';

const root = new URL('../', import.meta.url);
rmSync(new URL('dist/console/assets', root), { recursive: true, force: true });
cpSync(new URL('src/console/assets', root), new URL('dist/console/assets', root), { recursive: true });
