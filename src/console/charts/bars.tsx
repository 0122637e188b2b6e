/** A chart in a page: the SVG that draw.ts has drawn, the only markup that is passed on as it is. */
import { raw } from 'hono/html';
import { bars, type BarsOptions } from './draw.js';

export function Bars(options: BarsOptions) {
  return raw(bars(options));
}
