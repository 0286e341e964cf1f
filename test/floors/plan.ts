/** Ground first. A file imports its own folder and lower floors; folders that share a floor are strangers. */
export const FLOORS: readonly (readonly string[])[] = [
  ['host'],
  ['ram'],
  ['request'],
  ['region'],
  ['view'],
  ['dispatch'],
  ['transfer'],
  ['space'],
  ['iommu', 'listener', 'atomics', 'tap'],
  ['dirty-log', 'dma'],
  ['qemu', 'vfio', 'page-table', 'snapshot', 'threads', 'trace', 'litmus'],
  ['cli', 'page'],
]

/** The face: may import any floor, and nobody imports it. */
export const FACE = 'index.ts'

/**
 * Doors of their own (`guestmem/litmus` and so on). They see the library as its users do, by its name, which the build
 * makes the face's own file: no second copy of a class.
 */
export const DOORS: readonly string[] = ['qemu', 'vfio', 'page-table', 'snapshot', 'threads', 'trace', 'litmus']

/** The name of the face. */
export const PACKAGE = 'guestmem'

/** Single files under floor 0: anybody imports them, and they import only one another. */
export const GROUND: readonly string[] = ['check.ts']

/** The only folder that may hold a view over guest bytes. */
export const BYTES_FOLDER = 'ram'

/** Here copies that are known to be bad are raced against ours: it may hold bytes, and touch them in any way. */
export const RACING_FOLDER = 'litmus'

/** Files elsewhere that make arrays over the memory that guest bytes are in, for bytes beside them that are no guest's. */
export const OWN_BYTES_FILES: readonly string[] = [
  'page-table/table-words.ts',
  'snapshot/words.ts',
  'snapshot/page-scratch.ts',
  'snapshot/values.ts',
  'threads/control-block.ts',
  'trace/stream-batch.ts',
  'trace/trace-ring.ts',
]

/**
 * The files, within the bytes folder, that may use calls whose stores come in no promised order or may tear:
 * each of them is there for bytes that nobody watches.
 */
export const UNORDERED_FILES: readonly string[] = ['ram/copy/bulk.ts', 'ram/copy/stage.ts', 'ram/access/guest-bytes.ts']
