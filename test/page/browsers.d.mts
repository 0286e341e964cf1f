export interface Browser {
  readonly name: string
  readonly path: string
  readonly version: string
}

export interface Report {
  readonly checks: number
  readonly failures: readonly string[]
}

export declare function installedBrowsers(): Browser[]
export declare function openIn(
  browser: Browser,
  url: string,
  report: Promise<Report>,
  seconds?: number,
): Promise<Report>
