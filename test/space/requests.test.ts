import { test } from 'vitest'
import { pursue } from './campaign.ts'
import { REQUESTS } from './request-campaigns.ts'

test.each(REQUESTS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
