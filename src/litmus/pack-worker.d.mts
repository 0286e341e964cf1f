import type { Plugin } from 'esbuild'

/** worker.ts and all that it imports, as a script that needs no other file: gzip, in base64. */
export function packWorker(): Promise<string>
/** Puts it into packed-worker.ts. */
export const packedWorker: Plugin
