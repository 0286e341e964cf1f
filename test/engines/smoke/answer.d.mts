export declare function answer(
  guestmem: typeof import('guestmem'),
  handle: unknown,
): { seen?: Uint8Array; failure?: string }
