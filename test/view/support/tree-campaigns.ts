import fc from 'fast-check'
import { type Campaign, LONG } from '../../support/campaign.ts'
import { add, changeOr, few, openWindows, root, spec, windowChange, windows } from './tree-arbitraries.ts'
import type { Change } from './tree-changes.ts'
import { TreeWorld } from './tree-world.ts'

const change = changeOr()

/** A change as a command: the world holds the real tree and its model, and compares them after each. */
class ChangeCommand implements fc.Command<TreeWorld, undefined> {
  readonly #change: Change

  constructor(change: Change) {
    this.#change = change
  }

  check(): boolean {
    return true
  }

  run(world: TreeWorld): void {
    world.apply([this.#change])
  }

  toString(): string {
    return JSON.stringify(this.#change)
  }
}

/** Trees, each against a reference that asks them one address at a time (RULES A-C). */
export const TREES: readonly Campaign[] = [
  {
    name: 'A-C a few regions, changed over and over, show what the rules say at every address',
    count: 1500,
    property: fc.property(fc.array(change, { minLength: 10, maxLength: 60, size: 'max' }), changes => {
      new TreeWorld(few).apply(changes)
    }),
  },
  {
    name: 'A-C the same for random trees, changed at random',
    count: 1500,
    property: fc.property(
      root,
      fc.array(spec, { minLength: 3, maxLength: 11 }),
      fc.array(add, { minLength: 2, maxLength: 12 }),
      fc.array(change, { maxLength: 24, ...LONG }),
      (first, specs, adds, changes) => {
        const world = new TreeWorld([first, ...specs])
        world.apply(adds)
        world.apply(changes)
      },
    ),
  },
  {
    name: 'A-C the same as commands, which leave out what a failure does not need',
    count: 300,
    property: fc.property(
      fc.commands([change.map(each => new ChangeCommand(each))], { maxCommands: 60, size: 'max' }),
      commands => fc.modelRun(() => ({ model: new TreeWorld(few), real: undefined }), commands),
    ),
  },
  {
    name: 'C5 windows on one region, side by side, are one range where they show it alike',
    count: 500,
    property: fc.property(fc.array(windowChange, { minLength: 3, maxLength: 20, size: 'max' }), changes => {
      new TreeWorld(windows).apply([...openWindows, ...changes])
    }),
  },
  {
    name: 'C1, C2 the same where nobody looks until all is changed',
    count: 1500,
    property: fc.property(fc.array(change, { minLength: 5, maxLength: 40, size: 'max' }), changes => {
      new TreeWorld(few, undefined, false).apply(changes)
    }),
  },
]
