/** Chromium as the console's people use it: launched once a file, a context a person, signed in by the cookie of a client that has passed the gate, looked at. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { axeOf, fitsScreen } from './console-page.js';
import type { Client } from './console.js';
import type { TestGateway } from './gateway.js';

const CHROMIUM = '/usr/bin/chromium';
export const HAS_CHROMIUM = existsSync(CHROMIUM);
export const SHOTS = join(import.meta.dirname, '../browser/screenshots');
export const PHONE = { name: 'phone', width: 390, height: 844 } as const;
export const DESK = { name: 'desk', width: 1280, height: 900 } as const;
export type Size = { readonly name: string; readonly width: number; readonly height: number };

export async function launchChromium(extra: readonly string[] = []): Promise<Browser> {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', ...extra] });
}

export interface OpenOptions {
  readonly size?: Size;
  readonly script?: boolean;
  readonly dark?: boolean;
  /** Who has signed in already. */
  readonly as?: Client;
}

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly script: boolean;
  readonly size: Size;
  at(path: string): string;
  /** Axe (where there is script), nothing past the right edge, and a picture. */
  look(name: string): Promise<void>;
  /** What was said of the last change. */
  said(text: string | RegExp): Promise<void>;
  /** Takes the last change back by its button. */
  undo(): Promise<void>;
}

export async function openConsole(browser: Browser, gateway: TestGateway, { size = DESK, script = true, dark = false, as }: OpenOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: size.width, height: size.height }, ignoreHTTPSErrors: true, locale: 'vi-VN', javaScriptEnabled: script, colorScheme: dark ? 'dark' : 'light' });
  const origin = `https://127.0.0.1:${gateway.consolePort}`;
  const page = await context.newPage();
  const opened: Opened = {
    context, page, script, size,
    at: (path) => `${origin}${path}`,
    async look(name) {
      if (script) expect(await axeOf(page), name).toEqual([]);
      expect(await fitsScreen(page), `${name}: past the right edge`).toBe(true);
      await page.screenshot({ path: join(SHOTS, `${name}-${size.name}${dark ? '-dark' : ''}${script ? '' : '-noscript'}.png`), fullPage: true });
    },
    said: (text) => page.locator('.flash', { hasText: text }).waitFor(),
    async undo() {
      await page.locator('.flash.done').getByRole('button', { name: 'Hoàn tác' }).click();
      await page.locator('.flash', { hasText: 'Đã hoàn tác' }).waitFor();
    },
  };
  if (as !== undefined) await signedIn(opened, as);
  return opened;
}

/** Comes in (again) by what a client has been given at the gate. */
export async function signedIn({ context, at }: Opened, client: Client): Promise<void> {
  await context.addCookies([{ name: '__Host-sid', value: client.cookie() ?? '', url: at('/'), secure: true, httpOnly: true, sameSite: 'Strict' }]);
}
