/**
 * The globals that detection looks at, each of them optional: a browser has no `process`, a page's policy may forbid
 * WebAssembly. What a host puts there is not to be trusted, so values are `unknown` until they are looked at.
 */
export interface HostScope {
  readonly process?: {
    readonly arch?: unknown
    readonly getBuiltinModule?: unknown
  }
  readonly Deno?: {
    readonly build?: { readonly arch?: unknown }
    readonly permissions?: unknown
  }
  readonly WebAssembly?: Pick<typeof WebAssembly, 'validate' | 'Module' | 'Instance'>
  readonly Float32Array?: typeof Float32Array
  readonly Uint32Array?: typeof Uint32Array
}
