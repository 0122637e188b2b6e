/**
 * How many devices, as a screen may say it (security.md §5.2 item 10): none, fewer than ten, or rounded to five. One device more or
 * less, which would be one child, does not show; and no screen says what any of them did. Zero is told because an empty room singles
 * nobody out and a teacher must see that a room's devices do not reach the gateway at all. Pure.
 */
import type { Words } from './words.js';

const SMALL = 10;

export type CoarseDevices = { readonly kind: 'none' } | { readonly kind: 'few' } | { readonly kind: 'about'; readonly n: number };

export function coarseDevices(n: number): CoarseDevices {
  if (n <= 0) return { kind: 'none' };
  return n < SMALL ? { kind: 'few' } : { kind: 'about', n: Math.round(n / 5) * 5 };
}

export function sayDevices(devices: CoarseDevices): Words {
  switch (devices.kind) {
    case 'none':
      return { vi: 'chưa thấy máy nào', en: 'no device seen' };
    case 'few':
      return { vi: 'dưới 10 máy', en: 'fewer than 10 devices' };
    case 'about':
      return { vi: `khoảng ${devices.n} máy`, en: `about ${devices.n} devices` };
  }
}
