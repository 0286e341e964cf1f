// What `mutate` bundles with a changed library.
export { ATOMICS } from '../../atomics/support/atomic-campaigns.ts'
export { DIRTY } from '../../dirty-log/support/dirty-campaigns.ts'
export { IOMMUS } from '../../iommu/support/iommu-campaigns.ts'
export { LISTENERS } from '../../listener/support/listener-campaigns.ts'
export { NOTIFIERS } from '../../region/device/support/notifier-campaigns.ts'
export { REQUESTS } from '../../transfer/support/request-campaigns.ts'
export { WINDOWS } from '../../transfer/support/window-campaigns.ts'
export { TREES } from '../../view/support/tree-campaigns.ts'
