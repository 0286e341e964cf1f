import { describe, expect, test, vi } from 'vitest'
import { newStage, openStage, privateStage } from '../../../src/ram/copy/stage.ts'
import type { KernelModule } from '../../../src/ram/kernels/kernel.ts'

const PAGE = 65536
const KEEP = 16 * 2 ** 20
const module = (privateScratch: boolean) => ({ privateScratch }) as KernelModule

describe('a stage in a memory of its own', () => {
  test('has whole pages', () => {
    expect(newStage(1).views.u8.length).toBe(PAGE)
    expect(newStage(PAGE).views.u8.length).toBe(PAGE)
    const stage = newStage(PAGE + 1)
    expect([stage.base, stage.views.u8.length, stage.memory.buffer.byteLength]).toEqual([0, 2 * PAGE, 2 * PAGE])
    expect(stage.views.u8.buffer).toBe(stage.memory.buffer)
  })

  test('grows by what is missing, up to 16 MiB', () => {
    const stage = newStage(PAGE)
    const { views } = stage
    expect(stage.hold(PAGE)).toBe(true)
    expect(stage.views).toBe(views)
    expect(stage.hold(PAGE + 1)).toBe(true)
    expect(stage.views.u8.length).toBe(2 * PAGE)
    expect(stage.views.u8.buffer).toBe(stage.memory.buffer)
    expect(stage.hold(KEEP + 1)).toBe(false)
    expect(stage.views.u8.length).toBe(2 * PAGE)
    expect(stage.hold(KEEP)).toBe(true)
    expect(stage.views.u8.length).toBe(KEEP)
    expect(stage.hold(KEEP)).toBe(true)
  })

  test('is one for the thread', () => {
    expect(privateStage()).toBe(privateStage())
    const ram = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
    expect(openStage(module(true), ram)).toBe(privateStage())
    expect(ram.buffer.byteLength).toBe(PAGE)
  })
})

describe('a stage behind the guest RAM', () => {
  const make = (maximum: number) => {
    const ram = new WebAssembly.Memory({ initial: 3, maximum, shared: true })
    return { ram, stage: openStage(module(false), ram) }
  }

  test('is a page that this thread grew', () => {
    const { ram, stage } = make(10)
    expect([stage?.base, stage?.views.u8.length, ram.buffer.byteLength]).toEqual([3 * PAGE, PAGE, 4 * PAGE])
    expect([stage?.views.u8.byteOffset, stage?.views.u8.buffer]).toEqual([3 * PAGE, ram.buffer])
  })

  test('grows anew, twice as large as is asked for, so that it is not asked for often', () => {
    const { ram, stage } = make(20)
    const grow = vi.spyOn(ram, 'grow')
    expect(stage?.hold(PAGE)).toBe(true)
    expect(grow).not.toHaveBeenCalled()
    expect(stage?.hold(PAGE + 1)).toBe(true)
    expect([stage?.base, stage?.views.u8.length]).toEqual([4 * PAGE, 3 * PAGE])
    expect(stage?.hold(3 * PAGE)).toBe(true)
    expect(grow).toHaveBeenCalledTimes(1)
  })

  test('has 16 MiB at most', () => {
    const { ram, stage } = make(1000)
    const grow = vi.spyOn(ram, 'grow')
    expect(stage?.hold(KEEP + 1)).toBe(false)
    expect(grow).not.toHaveBeenCalled()
    expect(stage?.hold(KEEP)).toBe(true)
    expect(stage?.views.u8.length).toBe(2 * KEEP)
  })

  test("stays as it is where the memory can't grow, and is none where there is no page", () => {
    const { stage } = make(4)
    expect(stage?.hold(PAGE + 1)).toBe(false)
    expect([stage?.base, stage?.views.u8.length]).toEqual([3 * PAGE, PAGE])
    expect(make(3).stage).toBeNull()
  })
})
