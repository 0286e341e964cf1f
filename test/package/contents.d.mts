/** Bytes, unpacked. */
export const LIMIT: number
export interface Contents {
  readonly files: readonly { readonly path: string }[]
  readonly unpackedSize: number
}
/** What is wrong with a package: nothing, if it is empty. */
export function problemsOfPackage(contents: Contents, project: string): string[]
