-- Intent: the form of documents of workflows and runs, as a JSON Schema that the database checks them by.
-- Locks:  none on existing objects.
-- Safe beside running workers: yes.

-- The form of a document of workflows and runs, as a JSON Schema: docs/import.schema.json, of which only that is kept which says what is of
-- which type. (The rest is checked with sentences of its own.)
create function pgflow.document_form() returns jsonb
language sql immutable parallel safe
as $$
    select $form$
{
  "$defs": {
    "dependency": {
      "anyOf": [
        {
          "type": "string"
        },
        {
          "additionalProperties": false,
          "properties": {
            "step": {
              "type": "string"
            },
            "value": {
              "type": "boolean"
            }
          },
          "required": [
            "step"
          ],
          "type": "object"
        }
      ]
    },
    "map": {
      "additionalProperties": false,
      "properties": {
        "count": {
          "type": "integer"
        },
        "path": {
          "items": {
            "type": "string"
          },
          "type": "array"
        },
        "step": {
          "type": "string"
        }
      },
      "type": "object"
    },
    "options": {
      "additionalProperties": false,
      "properties": {
        "backoff_ms": {
          "type": "integer"
        },
        "delay_ms": {
          "type": "integer"
        },
        "max_attempts": {
          "type": "integer"
        },
        "max_backoff_ms": {
          "type": "integer"
        },
        "queue": {
          "type": "string"
        },
        "timeout_ms": {
          "type": "integer"
        }
      },
      "type": "object"
    },
    "run": {
      "additionalProperties": false,
      "properties": {
        "created_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "ended_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "error": {
          "type": "string"
        },
        "id": {
          "type": "string"
        },
        "input": {},
        "namespace": {
          "type": "string"
        },
        "priority": {
          "type": "integer"
        },
        "queue": {
          "type": "string"
        },
        "status": {
          "enum": [
            "scheduled",
            "running",
            "paused",
            "completed",
            "failed",
            "cancelled"
          ]
        },
        "steps": {
          "items": {
            "$ref": "#/$defs/run_step"
          },
          "type": "array"
        },
        "workflow": {
          "type": "string"
        }
      },
      "required": [
        "workflow"
      ],
      "type": "object"
    },
    "run_item": {
      "additionalProperties": false,
      "properties": {
        "attempts": {
          "type": "integer"
        },
        "ended_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "error": {
          "type": "string"
        },
        "output": {},
        "status": {
          "enum": [
            "ready",
            "completed",
            "failed",
            "skipped"
          ]
        }
      },
      "required": [
        "status"
      ],
      "type": "object"
    },
    "run_step": {
      "additionalProperties": false,
      "properties": {
        "attempts": {
          "type": "integer"
        },
        "ended_at": {
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
          "type": "string"
        },
        "error": {
          "type": "string"
        },
        "items": {
          "items": {
            "anyOf": [
              {
                "$ref": "#/$defs/run_item"
              },
              {
                "type": "null"
              }
            ]
          },
          "type": "array"
        },
        "name": {
          "type": "string"
        },
        "output": {},
        "status": {
          "enum": [
            "blocked",
            "ready",
            "waiting",
            "running",
            "completed",
            "failed",
            "skipped",
            "cancelled"
          ]
        }
      },
      "required": [
        "name",
        "status"
      ],
      "type": "object"
    },
    "skip": {
      "additionalProperties": false,
      "properties": {
        "on_exhausted": {
          "type": "boolean"
        },
        "skippable": {
          "type": "boolean"
        },
        "when": {
          "type": "boolean"
        },
        "with": {
          "items": {
            "type": "string"
          },
          "type": "array"
        }
      },
      "type": "object"
    },
    "step": {
      "additionalProperties": false,
      "properties": {
        "depends_on": {
          "items": {
            "$ref": "#/$defs/dependency"
          },
          "type": "array"
        },
        "description": {
          "type": "string"
        },
        "handler": {
          "type": "string"
        },
        "item": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "map": {
          "$ref": "#/$defs/map"
        },
        "name": {
          "type": "string"
        },
        "options": {
          "$ref": "#/$defs/options"
        },
        "output": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "skip": {
          "$ref": "#/$defs/skip"
        },
        "takes_input": {
          "type": "boolean"
        },
        "when": {
          "type": "object"
        }
      },
      "required": [
        "name"
      ],
      "type": "object"
    },
    "workflow": {
      "additionalProperties": false,
      "properties": {
        "deadline_ms": {
          "type": "integer"
        },
        "description": {
          "type": "string"
        },
        "input": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "name": {
          "type": "string"
        },
        "output": {
          "type": [
            "object",
            "boolean"
          ]
        },
        "steps": {
          "items": {
            "$ref": "#/$defs/step"
          },
          "type": "array"
        }
      },
      "required": [
        "name",
        "steps"
      ],
      "type": "object"
    }
  },
  "additionalProperties": false,
  "properties": {
    "runs": {
      "items": {
        "$ref": "#/$defs/run"
      },
      "type": "array"
    },
    "workflows": {
      "items": {
        "$ref": "#/$defs/workflow"
      },
      "type": "array"
    }
  },
  "type": "object"
}
$form$::jsonb
$$;
