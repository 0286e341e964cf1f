export {
  PAGE_DEVICE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_READ_ANY,
  PAGE_READONLY,
  PAGE_SLOW,
  PAGE_WRITE,
  PAGE_WRITE_ANY,
} from './layout.ts'
export type { PageTableGeometry, PageTableOptions } from './options.ts'
export { pageTableBytes } from './options.ts'
export type { SlowAccesses } from './slow-accesses.ts'
export { slowAccesses } from './slow-accesses.ts'
export type { PageTable } from './table.ts'
export { pageTable } from './table.ts'
