export interface SmokeEnv {
  readonly spawn?: (handle: unknown) => Promise<{ seen?: Uint8Array; failure?: string }>
  readonly door?: typeof import('guestmem/threads')
  readonly snapshot?: typeof import('guestmem/snapshot')
  readonly member?: (handle: unknown) => Promise<{ seen?: object; failure?: string }>
}
export declare function smoke(
  guestmem: typeof import('guestmem'),
  env: SmokeEnv,
): Promise<{ checks: number; failures: string[] }>
export declare function aboutHost(guestmem: typeof import('guestmem')): {
  cpu: string
  bytes: 'little' | 'big'
  order: 'host' | 'language'
}
