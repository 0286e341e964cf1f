/** Where things are in the machine of `board.mjs`. */
export const AT = { ram: 0x1000, window: 0x10_0000, device: 0x20_0000 }
export const TOLD = 0x0dd_ba11

/** A member of that machine, in another thread: what it sees. */
export function member({ Member, Attention }, { atomicAdd32 }, handle) {
  const cpu = new Member(handle)
  const { space } = cpu
  return cpu.run(() => {
    const seen = { register: space.load32(AT.device) }
    space.store32(AT.ram, TOLD)
    // The device stores what it finds there to the word behind it, and raises an interrupt.
    space.store32(AT.device + 4, cpu.id)
    while (!(cpu.halt() & Attention.INTERRUPT));
    seen.interrupts = cpu.takeInterrupts()
    seen.moved = space.load32(AT.ram + 4)
    space.store32(AT.window, 5)
    seen.before = space.result
    space.store32(AT.device + 8, 0)
    space.store32(AT.window, 6)
    seen.after = space.result
    seen.found = [atomicAdd32(space, AT.device, 3), space.load32(AT.device)]
    for (let i = 1; i <= 1000; i++) space.store32(AT.device + 12, i)
    seen.sum = space.load32(AT.device + 12)
    while (!(cpu.halt() & Attention.STOP));
    return seen
  })
}
