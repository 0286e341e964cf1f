// The format of a saved machine; docs/SNAPSHOTS.md has it byte by byte.

/** Bytes of a file's header. */
export const FILE_HEADER = 64
/** The first 8 bytes of a file: no text begins so, and what changes line ends or clears the highest bits is found out. */
export const MAGIC: readonly number[] = /* @__PURE__ */ Object.freeze([0x89, 0x47, 0x4d, 0x53, 0x0d, 0x0a, 0x1a, 0x0a])
export const FORMAT_VERSION = 1

/** Flags of a file: it is an increment; pages may come more than once, since the guest ran on. */
export const INCREMENT = 1
export const LIVE = 2

/** Bytes of a chunk's header, and the most bytes that may follow it. */
export const CHUNK_HEADER = 24
export const MAX_PAYLOAD: number = 2 ** 19

/** Bytes of a page, whatever the guest's pages are. */
export const PAGE = 4096

export const MACHINE = 'MACH'
export const RAM = 'RAM '
/** All pages of the machine that were in no chunk up to here are zero. */
export const FULL = 'FULL'
export const MAP = 'MAP '
export const DEVICES = 'DEV '
export const END = 'END '
/** Of a migration: the source asks the target whether all of it has arrived; and lets go of the machine. */
export const SYNC = 'SYNC'
export const TAKE = 'TAKE'
/** It gives the migration up, and says why. */
export const STOP = 'STOP'

export type ChunkType =
  | typeof MACHINE
  | typeof RAM
  | typeof FULL
  | typeof MAP
  | typeof DEVICES
  | typeof END
  | typeof SYNC
  | typeof TAKE
  | typeof STOP

export const CHUNK_TYPES: readonly ChunkType[] = /* @__PURE__ */ Object.freeze([
  MACHINE,
  RAM,
  FULL,
  MAP,
  DEVICES,
  END,
  SYNC,
  TAKE,
  STOP,
])

// A chunk of RAM: a header, pages of data, and then the records of all pages.
export const RAM_HEADER = 16
export const RECORD = 16
export const MAX_DATA_PAGES = 64
export const MAX_RECORDS = 4096
/** In place of a block's number in a record: the page's data is in the chunk; the page is zero. */
export const HERE = 0xffff_fffe
export const ZERO = 0xffff_ffff

/** In place of an index: there is none. */
export const NONE = 0xffff_ffff

/** The most that the descriptions, and the devices' states, of a machine may take, bytes. */
export const MAX_DESCRIPTION: number = 16 * 2 ** 20

/** The second half of the digest of all chunks begins with another seed. */
export const DIGEST_SEED = 0x9e3779b1
