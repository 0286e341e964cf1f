// What `mutate` bundles with a changed library.
export { DIRTY } from '../dma/dirty-campaigns.ts'
export { WINDOWS } from '../dma/window-campaigns.ts'
export { IOMMUS } from './iommu-campaigns.ts'
export { LISTENERS } from './listener-campaigns.ts'
export { NOTIFIERS } from './notifier-campaigns.ts'
export { REQUESTS } from './request-campaigns.ts'
export { TREES } from './tree-campaigns.ts'
