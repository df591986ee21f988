// Constants that build.mjs writes into the bundles: paths of the workers inside the site, with the hash of their content.
// The page (src/app/engine.ts) expects of src/worker/client.ts:
//   export const startEngine: (told: (event: EngineEvent) => void) => Engine & { kill(): void };
// which makes the worker from ENGINE_WORKER under the Trusted Types policy "app"; kill() ends the worker at once, keys and all.
declare const ENGINE_WORKER: string; // known in the page: src/worker/client.ts
declare const ARGON2_WORKER: string; // known in the engine worker: src/worker/engine.ts
declare const LATE_STYLE: string; // known in the page: src/app/late.ts
declare const EXPORT_WORKER: string; // known in the page: src/app/export/run.ts
declare const RECOVERY_PAGE: string; // known in the page: src/app/admin/recovery.tsx
declare const RECOVERY_SUM: string; // its SHA-256, in hex
declare const READING_PAGE: string; // known in the page: src/app/ending/handover.tsx
declare const READING_SUM: string; // its SHA-256, in hex
declare const VERIFY_SUM: string; // known in the page: src/app/export/take-out.tsx; the SHA-256 of the checking page, in hex
declare module "*.css";
declare const PDF_WORKER: string; // known in the page: src/app/files/pdf.ts
declare module "pdfjs-dist/legacy/build/pdf.worker.mjs" {
	export const WorkerMessageHandler: object;
}
/** The name of the file in the site, as "./name". */
declare module "*.ttf" {
	const name: string;
	export default name;
}
