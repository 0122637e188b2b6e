/** A chart in a page, once for a desk and once for a phone: the SVG that draw.ts has drawn, the only markup that is passed on as it is. */
import { raw } from 'hono/html';
import { bars, type BarsOptions } from './draw.js';

export function Bars(options: Omit<BarsOptions, 'width'>) {
  return (
    <>
      <div class="on-desk">{raw(bars({ ...options, width: 'desk' }))}</div>
      <div class="on-phone">{raw(bars({ ...options, width: 'phone' }))}</div>
    </>
  );
}
