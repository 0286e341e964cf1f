/** 16 digits, modulo 2^64, as the monitor prints addresses. */
export function hex16(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, '0')
}
