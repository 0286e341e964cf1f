/**
 * Whether writes to all memory are logged for a migration (RULES F1, F4). `version` grows with each change, so that no
 * view that was rendered before is taken for one of now.
 */
export const globalDirtyLog: { on: boolean; version: number } = { on: false, version: 0 }

export function setGlobalDirtyLog(on: boolean): void {
  globalDirtyLog.on = on
  globalDirtyLog.version++
}
