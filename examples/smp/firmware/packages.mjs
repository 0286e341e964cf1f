// The field's own firmware for RISC-V, as Debian has it for all architectures.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpackedPackages } from '../../debian-packages.mjs'

/** What is taken out of the packages: its file there, as tar matches it. */
const MEMBERS = {
  opensbi: ['*/generic/fw_jump.bin'],
  'u-boot-qemu': ['*/qemu-riscv64_smode/u-boot.bin'],
}

/**
 * @param {string} folder Where it is kept. If it is there, nothing is fetched.
 * @param {(what: string) => void} say Progress.
 * @returns {{ opensbi: Uint8Array, uBoot: Uint8Array }}
 * @throws {import('../../debian-packages.mjs').NoPackages}
 */
export function firmware(folder, say) {
  unpackedPackages(folder, say, { names: () => Object.keys(MEMBERS), members: MEMBERS })
  const paths = readdirSync(folder, { recursive: true })
  const read = name => {
    const path = paths.find(each => each.endsWith(`/${name}`))
    if (path === undefined) throw new Error(`${folder} has no ${name}; remove the folder to have it fetched again`)
    return readFileSync(join(folder, path))
  }
  return { opensbi: read('fw_jump.bin'), uBoot: read('u-boot.bin') }
}
