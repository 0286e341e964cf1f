import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The package as a user's program gets it: `import` of the ESM build, `require` of the CommonJS one. */
export const load = async address =>
  address.endsWith('.cjs') ? createRequire(import.meta.url)(fileURLToPath(address)) : import(address)

/** The address of another door of the package, guestmem/threads unless said, which lies beside. */
export const doorOf = (module, name = 'threads') => module.replace(/index(?=\.c?js$)/, name)
