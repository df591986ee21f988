// Constants that build.mjs writes into the bundles: paths of the workers inside the site, with the hash of their content.
declare const ENGINE_WORKER: string; // known in the page (src/app, src/worker/client.ts)
declare const ARGON2_WORKER: string; // known in the engine worker (src/worker/engine.ts)
