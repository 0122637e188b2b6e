/** The OpenAPI 3.1 document of `/api/v1`, made from the table of actions and from nothing else, so that it can't say what the routes don't do. Pure. */
import { z } from 'zod';
import type { Action } from './action.js';

type Json = Readonly<Record<string, unknown>>;

export function openApi(actions: readonly Action[]): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const action of actions) {
    const path = `/api/v1${action.path}`;
    paths[path] = { ...paths[path], [action.method.toLowerCase()]: operation(action) };
  }
  paths['/api/v1/undo'] = { post: undo() };
  return {
    openapi: '3.1.0',
    info: { title: 'Lũy Tre', version: '1', description: 'Cổng lọc Internet của trường: mọi việc bảng điều khiển làm được. Everything the console does, for the school’s own scripts.' },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'lt_…, made on the page “Mã truy cập”; names its actions and its end' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'status', 'code', 'detail', 'fields'],
  properties: {
    type: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string', description: 'One sentence for a person, in Vietnamese; English with Accept-Language: en or ?lang=en' },
    fields: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

function operation(action: Action): Json {
  const schema = z.toJSONSchema(action.input, { io: 'input', unrepresentable: 'any' }) as { properties?: Record<string, Json>; required?: string[] };
  const inPath = [...action.path.matchAll(/\{([a-zA-Z]+)\}/g)].map((match) => match[1] ?? '');
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, plain(field)] as const);
  const required = schema.required ?? [];
  const rest = properties.filter(([name]) => !inPath.includes(name));
  const byQuery = action.method === 'GET' || action.method === 'DELETE';
  const parameters = properties
    .filter(([name]) => inPath.includes(name) || byQuery)
    .map(([name, field]) => ({ name, in: inPath.includes(name) ? 'path' : 'query', required: inPath.includes(name) || required.includes(name), schema: field }));
  const body = { type: 'object', properties: Object.fromEntries(rest), required: required.filter((name) => !inPath.includes(name)), additionalProperties: false };
  return {
    operationId: action.name,
    summary: `${action.about.vi} (${action.about.en})`,
    description: `Roles: ${action.roles.join(', ')}.${action.proof === true ? ' Needs a person who shows again who they are; not for tokens.' : ''}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(byQuery ? {} : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      200: { description: 'Done', content: contentOf(action) },
      default: { description: 'Refused', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    },
  };
}

function contentOf(action: Action): Json {
  if (action.files !== undefined) return Object.fromEntries(action.files.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]));
  return { 'application/json': { schema: z.toJSONSchema(action.output, { io: 'output', unrepresentable: 'any' }) } };
}

/** Without what is meant for forms. */
function plain(field: Json): Json {
  const { vi, en, ...rest } = field;
  return typeof en === 'string' && rest['description'] === undefined ? { ...rest, description: typeof vi === 'string' ? `${vi} (${en})` : en } : rest;
}

function undo(): Json {
  return {
    operationId: 'undo',
    summary: 'Hoàn tác thay đổi vừa làm, trong mười giây (take back the change just made, within ten seconds)',
    requestBody: { required: true, content: { 'application/json': { schema: { type: 'object', properties: { token: { type: 'string', description: 'From the answer’s Luytre-Undo field' } }, required: ['token'], additionalProperties: false } } } },
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: { type: 'object', properties: { undone: { type: 'boolean' } }, required: ['undone'] } } } },
      default: { description: 'Refused', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    },
  };
}
