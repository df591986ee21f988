import type { Browser, BrowserContext, Page } from "playwright-core";

export const root: string;
export const web: string;
export const phone: { width: number; height: number };
export const desk: { width: number; height: number };
export const launch: () => Promise<Browser>;
export interface Tab {
	context: BrowserContext;
	page: Page;
	complaints: string[];
	close(): Promise<void>;
}
export function open(browser: Browser, options?: object): Promise<Tab>;
export function findings(page: Page): Promise<string[]>;
export function keep(page: Page, name: string): Promise<void>;
/** What is read becomes this, now or as soon as it is there: a value, a pattern or what a function finds true. Gives what was read. */
export function comes<T>(read: () => T | Promise<T>, wanted: T | RegExp | ((value: T) => boolean), what?: string): Promise<T>;
/** What is read is this, and is nothing else all the time: for what must not happen. */
export function stays<T>(read: () => T | Promise<T>, wanted: T, ms: number, what?: string): Promise<void>;
/** From the sign-in page through the bank. */
export function comeBy(page: Page, provider: string, person: string): Promise<void>;
export const overflow: (page: Page) => Promise<number>;
