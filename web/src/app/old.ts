// Runs only in browsers without modules; main.tsx calls the same when the needed cryptography is missing.
import { sayTooOld } from "./too-old.js";

sayTooOld();
