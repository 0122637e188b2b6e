/** The figures of `/metrics` as JSON; its name is what a token for Prometheus carries. */
import { z } from 'zod';
import { action } from '../action.js';

export const metricsActions = [
  action({
    name: 'metrics.read',
    method: 'GET',
    path: '/metrics',
    about: { vi: 'Xem số đo của cổng lọc (không có gì về ai)', en: "Read the gateway's own figures (nothing about anyone)" },
    roles: ['it-admin'],
    input: z.strictObject({}),
    output: z.object({
      ok: z.boolean(), generation: z.int(), workers: z.int(), connections: z.int(), tunnels: z.int(), dropped: z.int(), trouble: z.string().nullable(),
    }),
    run: (env) => ({ value: { ...env.health() } }),
  }),
];
