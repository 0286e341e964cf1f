// What `mutate` bundles with a changed library.
export { REQUESTS } from './request-campaigns.ts'
export { TREES } from './tree-campaigns.ts'
