//! The form of a definition's document, as a JSON Schema.

use serde_json::{Value, json};

/// The JSON Schema (2020-12) of the document that [`Definition::from_json`](crate::Definition::from_json) reads, for editors and for
/// programs that write such documents. It tells the form; names and dependencies are checked beyond it.
///
/// It stands in `docs/workflow.schema.json` as well.
#[must_use]
pub fn document_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Workflow",
        "description": "A workflow of pgflow that is made at run time.",
        "type": "object",
        "required": ["name", "steps"],
        "properties": {
            "name": name("The workflow's name."),
            "description": { "type": "string", "description": "What it is for." },
            "input": schema("JSON Schema of the input. A start whose input does not fit is refused."),
            "output": schema("JSON Schema of the output."),
            "deadline_ms": millis("How long a run may take.", 1, 36_500 * DAY),
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": 32_767,
                "description": "The steps, in the order in which they are shown.",
                "items": { "$ref": "#/$defs/step" }
            }
        },
        "additionalProperties": false,
        "$defs": { "step": step(), "dependency": dependency(), "map": map(), "skip": skip(), "options": options() }
    })
}

/// The JSON Schema (2020-12) of the document that `Client::import` takes: workflows, and runs of theirs or of others.
///
/// It stands in `docs/import.schema.json` as well.
#[must_use]
pub fn import_schema() -> Value {
    let mut workflow = document_schema();
    let mut definitions = workflow["$defs"].take();
    if let Some(members) = workflow.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "$schema" | "$defs" | "title"));
    }
    definitions["workflow"] = workflow;
    definitions["run"] = run();
    definitions["run_step"] = run_step();
    definitions["run_item"] = run_item();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Import",
        "description": "Workflows and runs that are brought into pgflow, all of them or none.",
        "type": "object",
        "properties": {
            "workflows": {
                "type": "array",
                "description": "Workflows to be created, or updated.",
                "items": { "$ref": "#/$defs/workflow" }
            },
            "runs": {
                "type": "array",
                "description": "Runs of the current versions: those that have ended as history, the others to go on.",
                "items": { "$ref": "#/$defs/run" }
            }
        },
        "additionalProperties": false,
        "$defs": definitions
    })
}

const DAY: u64 = 86_400_000;

fn run() -> Value {
    json!({
        "type": "object",
        "required": ["workflow"],
        "properties": {
            "id": { "type": "string", "minLength": 1, "maxLength": 512, "description": "What the run is called elsewhere: brought in again, it is the same run." },
            "workflow": name("The workflow's name."),
            "input": { "description": "Its input. Default: null." },
            "status": {
                "enum": ["scheduled", "running", "paused", "completed", "failed", "cancelled"],
                "default": "scheduled",
                "description": "How it stands."
            },
            "created_at": time("When it was started. Default: now."),
            "ended_at": time("When it ended. Default: when it was started."),
            "error": { "type": "string", "description": "What it failed of, or why it was cancelled." },
            "queue": { "type": "string", "minLength": 1, "default": "default", "description": "The queue whose workers take it." },
            "priority": { "type": "integer", "minimum": -2_147_483_647, "maximum": 2_147_483_647, "default": 0, "description": "Larger ones go first." },
            "namespace": { "type": "string", "default": "", "description": "The project or tenant that it belongs to." },
            "steps": {
                "type": "array",
                "description": "What is known of its steps; of those that are left out, nothing.",
                "items": { "$ref": "#/$defs/run_step" }
            }
        },
        "additionalProperties": false
    })
}

fn run_step() -> Value {
    json!({
        "type": "object",
        "required": ["name", "status"],
        "properties": {
            "name": name("The step's name."),
            "status": {
                "enum": ["blocked", "ready", "waiting", "running", "completed", "failed", "skipped", "cancelled"],
                "description": "How it stands. What is neither completed, failed nor skipped is executed when the run goes on."
            },
            "output": { "description": "What it has given. Default: null." },
            "items": {
                "type": "array",
                "description": "Of a map step: all items, in their order; null for one of which nothing is known.",
                "items": { "anyOf": [{ "$ref": "#/$defs/run_item" }, { "type": "null" }] }
            },
            "attempts": { "type": "integer", "minimum": 0, "maximum": 32_767, "description": "How often it was tried." },
            "error": { "type": "string", "description": "What it failed of, or why it was skipped." },
            "ended_at": time("When it ended. Default: when the run did.")
        },
        "additionalProperties": false
    })
}

fn run_item() -> Value {
    json!({
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": { "enum": ["ready", "completed", "failed", "skipped"], "description": "How it stands." },
            "output": { "description": "What it has given." },
            "attempts": { "type": "integer", "minimum": 0, "maximum": 32_767, "description": "How often it was tried." },
            "error": { "type": "string", "description": "What it failed of, or why it was skipped." },
            "ended_at": time("When it ended.")
        },
        "additionalProperties": false
    })
}

fn time(description: &str) -> Value {
    json!({
        "type": "string",
        "format": "date-time",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
        "description": description
    })
}

fn step() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": name("The step's name, which no other step of the workflow has."),
            "description": { "type": "string", "description": "What it is for." },
            "handler": {
                "type": "string",
                "maxLength": 128,
                "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*([.][a-zA-Z_][a-zA-Z0-9_]*)*$",
                "description": "The name of the handler that executes it. Default: the step's name."
            },
            "takes_input": { "type": "boolean", "default": true, "description": "Whether its handler is given the workflow's input." },
            "depends_on": {
                "type": "array",
                "description": "The steps that it waits for.",
                "items": { "$ref": "#/$defs/dependency" }
            },
            "map": { "$ref": "#/$defs/map" },
            "when": {
                "type": "object",
                "description": "It is skipped unless the input and its dependencies' outputs contain this: patterns by `input`, or by the name of a dependency."
            },
            "skip": { "$ref": "#/$defs/skip" },
            "item": schema("Of a map step: JSON Schema of an item."),
            "output": schema("JSON Schema of what it gives; of a map step, for one item."),
            "options": { "$ref": "#/$defs/options" }
        },
        "additionalProperties": false
    })
}

fn dependency() -> Value {
    json!({
        "anyOf": [
            name("A step whose output is taken."),
            {
                "type": "object",
                "required": ["step"],
                "properties": {
                    "step": name("The step."),
                    "value": { "type": "boolean", "default": true, "description": "Whether its output is taken; otherwise it is waited for only." }
                },
                "additionalProperties": false
            }
        ]
    })
}

fn map() -> Value {
    json!({
        "type": "object",
        "description": "Makes it a map step: it is executed once for each element of a list, or for each number from 0 to `count`. Without `step`, the list is in the input.",
        "properties": {
            "step": name("The step whose output holds the list."),
            "path": { "type": "array", "items": { "type": "string" }, "description": "The fields from there to the list." },
            "count": { "type": "integer", "minimum": 0, "maximum": 2_147_483_647, "description": "So many items, in place of a list." }
        },
        "additionalProperties": false
    })
}

fn skip() -> Value {
    json!({
        "type": "object",
        "description": "When it is skipped, beside its condition.",
        "properties": {
            "when": { "type": "boolean", "description": "Whether it has a condition; told by `when` of the step." },
            "on_exhausted": { "type": "boolean", "default": false, "description": "In place of a failure. Of a map step: the item." },
            "skippable": { "type": "boolean", "default": false, "description": "Where its handler says so. Of a map step: the item." },
            "with": { "type": "array", "items": { "type": "string" }, "description": "Where one of these dependencies is skipped." }
        },
        "additionalProperties": false
    })
}

fn options() -> Value {
    json!({
        "type": "object",
        "description": "How it is run. No part of the version.",
        "properties": {
            "max_attempts": {
                "type": "integer", "minimum": 1, "maximum": 32_767, "default": 3,
                "description": "How often it is tried before it fails."
            },
            "backoff_ms": millis("The wait before the second attempt; it doubles with each further one. Default: 1 s.", 0, DAY / 24),
            "max_backoff_ms": millis("The longest wait before another attempt. Default: 1 h.", 0, DAY),
            "timeout_ms": millis("How long one attempt may take. Default: no limit.", 1, 30 * DAY),
            "delay_ms": millis("How long it waits before its first attempt. Default: not at all.", 0, 365 * DAY),
            "queue": { "type": "string", "minLength": 1, "description": "The queue whose workers execute it. Default: that of the run." }
        },
        "additionalProperties": false
    })
}

fn name(description: &str) -> Value {
    json!({ "type": "string", "maxLength": 128, "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$", "description": description })
}

fn schema(description: &str) -> Value {
    json!({ "type": ["object", "boolean"], "default": true, "description": description })
}

fn millis(description: &str, least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most, "description": description })
}
