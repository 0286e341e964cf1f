// In which order modules stand in the bundle: gzip looks back 32 KiB, and finds most that is alike in this one, 1.5 % of all.
// Nothing else depends on it, and a bundler drops what a program does not use, as ever.
// biome-ignore assist/source/organizeImports: their order is what these are for
export {} from './ram/kernels/kernel.ts'
export {} from './ram/copy/private-part.ts'
export {} from './ram/guest-ram.ts'
export {} from './region/memory-region.ts'
export {} from './view/overlaps.ts'
export {} from './space/space-tree.ts'

// What is public.

export type { AtomicCompareExchange, AtomicOperation } from './atomics/atomics.ts'
export {
  atomicAdd8,
  atomicAdd16,
  atomicAdd32,
  atomicAnd8,
  atomicAnd16,
  atomicAnd32,
  atomicCompareExchange8,
  atomicCompareExchange16,
  atomicCompareExchange32,
  atomicExchange8,
  atomicExchange16,
  atomicExchange32,
  atomicMaxSigned8,
  atomicMaxSigned16,
  atomicMaxSigned32,
  atomicMaxUnsigned8,
  atomicMaxUnsigned16,
  atomicMaxUnsigned32,
  atomicMinSigned8,
  atomicMinSigned16,
  atomicMinSigned32,
  atomicMinUnsigned8,
  atomicMinUnsigned16,
  atomicMinUnsigned32,
  atomicOr8,
  atomicOr16,
  atomicOr32,
  atomicXor8,
  atomicXor16,
  atomicXor32,
} from './atomics/atomics.ts'
export type {
  AtomicCompareExchange64,
  AtomicCompareExchange64Pair,
  AtomicOperation64,
  AtomicOperation64Pair,
} from './atomics/atomics-64.ts'
export {
  atomicAdd64,
  atomicAdd64Pair,
  atomicAnd64,
  atomicAnd64Pair,
  atomicCompareExchange64,
  atomicCompareExchange64Pair,
  atomicExchange64,
  atomicExchange64Pair,
  atomicMaxSigned64,
  atomicMaxSigned64Pair,
  atomicMaxUnsigned64,
  atomicMaxUnsigned64Pair,
  atomicMinSigned64,
  atomicMinSigned64Pair,
  atomicMinUnsigned64,
  atomicMinUnsigned64Pair,
  atomicOr64,
  atomicOr64Pair,
  atomicXor64,
  atomicXor64Pair,
} from './atomics/atomics-64.ts'
export { atomicFence } from './atomics/fence.ts'
export type { DirtyMemory } from './dirty-log/dirty-log.ts'
export { codeWrites, isDirty, markDirty, snapshotAndClearDirty, testAndClearDirty } from './dirty-log/dirty-log.ts'
export { startGlobalDirtyLog, stopGlobalDirtyLog } from './dirty-log/log-listeners.ts'
export type { MemoryRegionCacheOptions } from './dma/memory-region-cache.ts'
export { MemoryRegionCache } from './dma/memory-region-cache.ts'
export type { ScatterGatherElement } from './dma/scatter-gather-list.ts'
export { ScatterGatherList } from './dma/scatter-gather-list.ts'
export type { CacheMode } from './host/cache-mode.ts'
export { CACHE_MODES } from './host/cache-mode.ts'
export { detectHost } from './host/detect.ts'
export type { AccessWidth, HostAccess, HostName } from './host/host-access.ts'
export type { HostProfile, HostProfileOverrides } from './host/profile.ts'
export { HOST_PROFILES, hostProfile } from './host/profile.ts'
export type { HostAccessSources, HostSources } from './host/sources.ts'
export { hostSources } from './host/sources.ts'
export type { IommuTlbEntry } from './iommu/iommu-entry.ts'
export { IommuPermissions } from './iommu/iommu-entry.ts'
export { IommuMemoryRegion } from './iommu/iommu-memory-region.ts'
export type { IommuNotifier, IommuTlbEvent } from './iommu/iommu-notifier.ts'
export { IommuNotifierFlag } from './iommu/iommu-notifier.ts'
export type { IommuOps } from './iommu/iommu-ops.ts'
export type { MirrorOptions } from './iommu/mirror.ts'
export { mirror } from './iommu/mirror.ts'
export type { SplitTargets } from './iommu/split-access.ts'
export { splitAccess } from './iommu/split-access.ts'
export type { IoEventfd, MemoryListener } from './listener/memory-listener.ts'
export type { MemoryListenerOptions } from './listener/register-listener.ts'
export { registerMemoryListener } from './listener/register-listener.ts'
export type { Ordering } from './ram/access/access-order.ts'
export type { UnalignedPolicy } from './ram/access/cells.ts'
export { readb, readl, readq, readw, writeb, writel, writeq, writew } from './ram/access/registers.ts'
export type { CopySide } from './ram/copy/ram-copy.ts'
export { ramCopy, ramFill, ramMove } from './ram/copy/ram-copy.ts'
export type { DirtyRange, DirtySnapshot } from './ram/dirty/dirty-snapshot.ts'
export type { BlockOptions } from './ram/guest-ram.ts'
export { GuestRam } from './ram/guest-ram.ts'
export type { GuestRamHandle } from './ram/guest-ram-handle.ts'
export type { GuestRamOptions } from './ram/guest-ram-options.ts'
export type { SharedUint8Array } from './ram/ram-block.ts'
export { RamBlock } from './ram/ram-block.ts'
export type { SparseRamOptions } from './ram/sparse-ram.ts'
export { SparseRam } from './ram/sparse-ram.ts'
export type { WrapOptions, WrappedSource } from './ram/wrapped-memory.ts'
export type { AtomicName, AtomicsHandler } from './region/device/atomics-handler.ts'
export type { BusAddressOps } from './region/device/bus-address.ts'
export { withBusAddress } from './region/device/bus-address.ts'
export { addCoalescing, clearCoalescing, setCoalescing } from './region/device/coalescing.ts'
export type { EventNotifier, EventNotifierMatch } from './region/device/event-notifier.ts'
export { addEventNotifier, removeEventNotifier } from './region/device/event-notifier.ts'
export type { OpenBusValue } from './region/device/open-bus.ts'
export { openBus } from './region/device/open-bus.ts'
export type {
  AccessConstraints,
  AccessSize,
  ImplConstraints,
  MemoryRegionOps,
  WriteAnswer,
} from './region/device/ops.ts'
export type { SizePolicy } from './region/device/sized-ops.ts'
export { sizedOps } from './region/device/sized-ops.ts'
export { DirtyClient } from './region/dirty-client.ts'
export type { IoRegionOptions, NoOptions, RamRegionOptions, RomDeviceOptions } from './region/memory-region.ts'
export { MemoryRegion } from './region/memory-region.ts'
export type { ResizableRamOptions } from './region/resizable-ram.ts'
export { resizableRam, resizeRam } from './region/resizable-ram.ts'
export type { MemTxAttrsInit } from './request/attrs.ts'
export { MemTxAttrs } from './request/attrs.ts'
export { MemTxFault, MemTxResult, memTxFault, memTxResult } from './request/result.ts'
export type { DirectAccess, RegionKind, Route, RouteQuery } from './request/route.ts'
export { DIRECT_ACCESS } from './request/route.ts'
export { checkedRoute as route } from './request/route-query.ts'
export type { MapOptions, RoomOptions } from './space/address-space.ts'
export { AddressSpace } from './space/address-space.ts'
export type { AddressSpaceOptions } from './space/address-space-options.ts'
export { findRange, isPresent } from './space/find.ts'
export type { MemoryRegionSection } from './space/memory-region-section.ts'
export type { TranslateOptions, Translation } from './space/translate.ts'
export { accessValid, translate } from './space/translate.ts'
export type { Tap } from './tap/set-tap.ts'
export type { TapOptions, TapRange } from './tap/tap.ts'
export { tap } from './tap/tap.ts'
export type { TapAccess, TapCallback } from './tap/tap-access.ts'
export { stop, TapStop } from './tap/tap-access.ts'
export type { DmaWindow } from './transfer/dma-window.ts'
export type { FlatRange } from './view/flat-view.ts'
export { FlatView } from './view/flat-view.ts'
