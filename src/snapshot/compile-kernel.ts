/**
 * A kernel of this folder: small enough for the synchronous constructor on a browser's main thread.
 *
 * @param text A character per byte. @param shift What each is above its byte, modulo 256.
 * @throws Where the engine lacks what it needs, or a page's policy forbids it.
 */
export function compileKernel(text: string, shift: number): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(text, character => character.charCodeAt(0) - shift))
}
