/**
 * The program of a litmus thread (worker.ts) with all that it imports, for bundlers that leave `litmus-worker.js` behind:
 * a script, compressed as gzip, in base64. The build puts it here (pack-worker.mjs); it is empty in the sources.
 */
export const PACKED_WORKER: string = ''
