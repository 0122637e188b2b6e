/** The migrations in order; the last one's number is the schema this program speaks. A released one never changes. */
import { migration as policy } from './001-policy.js';
import { migration as people } from './002-people.js';
import { migration as activity } from './003-activity.js';
import { migration as approvals } from './004-approvals.js';
import { migration as console } from './005-console.js';
import { migration as schoolTime } from './006-school-time.js';
import { migration as helpTickets } from './007-help-tickets.js';
import { migration as oneTimePasswords } from './008-one-time-passwords.js';
import { migration as channel } from './009-channel.js';
import { migration as formerNames } from './010-former-names.js';
import { migration as deviceHours } from './011-device-hours.js';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [policy, people, activity, approvals, console, schoolTime, helpTickets, oneTimePasswords, channel, formerNames, deviceHours];
