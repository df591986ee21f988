// The bank's two packages, which are the web client's development packages: they are found from there.

import './older-node.mjs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { resolve } = createRequire(join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web', 'package.json'));
const bring = (name) => import(pathToFileURL(resolve(name)).href);

export const { Provider, errors } = await bring('oidc-provider');
export const { CompactEncrypt, CompactSign, compactDecrypt, compactVerify, SignJWT, exportJWK, importJWK } = await bring('jose');
