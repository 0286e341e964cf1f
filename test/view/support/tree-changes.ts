import { DirtyClient, type MemoryRegion } from 'guestmem'
import { insert, type Node, remove } from './tree-reference.ts'

/** A change of one region; numbers stand for regions modulo how many there are. */
export type TreeChange =
  | {
      readonly op: 'add'
      readonly at: number
      readonly to: number
      readonly address: number
      readonly priority: number
    }
  | { readonly op: 'remove'; readonly at: number }
  | { readonly op: 'move'; readonly at: number; readonly value: number }
  | { readonly op: 'size'; readonly at: number; readonly value: number }
  | { readonly op: 'offset'; readonly at: number; readonly value: number }
  | { readonly op: 'enabled'; readonly at: number; readonly on: boolean }
  | { readonly op: 'readonly'; readonly at: number; readonly on: boolean }
  | { readonly op: 'nonvolatile'; readonly at: number; readonly on: boolean }
  | { readonly op: 'romd'; readonly at: number; readonly on: boolean }
  | { readonly op: 'log'; readonly at: number; readonly on: boolean }

export type Change =
  | TreeChange
  | { readonly op: 'space'; readonly at: number }
  | { readonly op: 'destroy'; readonly at: number }
  /** What a watcher of the tree does, and the tree itself does not see. */
  | { readonly op: 'aside'; readonly at: number; readonly value: number }
  | { readonly op: 'transaction'; readonly changes: readonly Change[]; readonly throws: boolean }

/** Changes the reference; false, and nothing is changed, where the change is to be refused whatever the tree shows. */
export function changeNode(change: TreeChange, node: Node, to: Node | undefined): boolean {
  if (change.op === 'add') {
    if (to === undefined || to.kind === 'alias' || node.container !== undefined) return false
    for (let above: Node | undefined = to; above; above = above.container) if (above === node) return false
    insert(to, change.address, node, change.priority)
  } else if (change.op === 'remove') {
    if (node.container === undefined) return false
    remove(node)
  } else if (change.op === 'move') moveNode(node, change.value)
  else if (change.op === 'size') node.size = change.value
  else if (change.op === 'enabled') node.enabled = change.on
  else if (change.op === 'readonly') node.readonly = change.on
  else if (change.op === 'nonvolatile') node.nonvolatile = change.on
  else if (change.op === 'romd') {
    if (node.romd === undefined) return false
    node.romd = change.on
  } else if (change.op === 'log') {
    if (node.logged === undefined) return false
    node.logged = change.on ? DirtyClient.VGA : 0
  } else if (node.kind !== 'alias') return false
  else node.offset = change.value
  return true
}

/** B2: nothing where it is there; else a removal and an addition. */
function moveNode(node: Node, address: number): void {
  const { container } = node
  if (address === node.address) return
  if (container === undefined) node.address = address
  else {
    remove(node)
    insert(container, address, node, node.priority)
  }
}

/** The same change of the real tree. */
export function changeRegion(change: TreeChange, region: MemoryRegion, to: MemoryRegion): void {
  if (change.op === 'add') to.addSubregion(change.address, region, change.priority)
  else if (change.op === 'remove') (region.container ?? to).removeSubregion(region)
  else if (change.op === 'move') region.setAddress(change.value)
  else if (change.op === 'size') region.setSize(change.value)
  else if (change.op === 'enabled') region.setEnabled(change.on)
  else if (change.op === 'readonly') region.setReadonly(change.on)
  else if (change.op === 'nonvolatile') region.setNonvolatile(change.on)
  else if (change.op === 'romd') region.setRomdMode(change.on)
  else if (change.op === 'log') region.setLog(DirtyClient.VGA, change.on)
  else region.setAliasOffset(change.value)
}
