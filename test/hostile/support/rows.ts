import type { Row } from './row.ts'
import { ATOMICS_ROWS } from './rows/atomics-rows.ts'
import { BYTES_ROWS } from './rows/bytes-rows.ts'
import { DEVICE_ROWS } from './rows/device-rows.ts'
import { DMA_ROWS } from './rows/dma-rows.ts'
import { HOST_ROWS } from './rows/host-rows.ts'
import { IOMMU_ROWS } from './rows/iommu-rows.ts'
import { LISTENER_ROWS } from './rows/listener-rows.ts'
import { LITMUS_ROWS } from './rows/litmus-rows.ts'
import { PAGE_TABLE_ROWS } from './rows/page-table-rows.ts'
import { QEMU_ROWS } from './rows/qemu-rows.ts'
import { RAM_ROWS } from './rows/ram-rows.ts'
import { REGION_ROWS } from './rows/region-rows.ts'
import { SNAPSHOT_ROWS } from './rows/snapshot-rows.ts'
import { SPACE_ROWS } from './rows/space-rows.ts'
import { THREADS_ROWS } from './rows/threads-rows.ts'
import { TRACE_ROWS } from './rows/trace-rows.ts'
import { VFIO_ROWS } from './rows/vfio-rows.ts'

/** Every public name, with what it takes. */
export const ROWS: readonly Row[] = [
  ...HOST_ROWS,
  ...RAM_ROWS,
  ...BYTES_ROWS,
  ...REGION_ROWS,
  ...DEVICE_ROWS,
  ...SPACE_ROWS,
  ...ATOMICS_ROWS,
  ...LISTENER_ROWS,
  ...IOMMU_ROWS,
  ...DMA_ROWS,
  ...QEMU_ROWS,
  ...TRACE_ROWS,
  ...PAGE_TABLE_ROWS,
  ...THREADS_ROWS,
  ...SNAPSHOT_ROWS,
  ...VFIO_ROWS,
  ...LITMUS_ROWS,
]
