variable "project_id" {
  description = "Project that the platform runs in."
  type        = string
}

variable "region" {
  description = "Cloud Run region, such as us-central1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a Cloud Run region such as us-central1, not a zone."
  }
}

variable "name" {
  description = "Name of the Cloud Run service."
  type        = string
  default     = "tagent-platform"

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$", var.name))
    error_message = "name must have 1 to 49 small letters, digits and dashes, begin with a letter and not end with a dash."
  }
}

variable "image" {
  description = "The platform's image; pin it by digest where it matters."
  type        = string
}

variable "service_account_email" {
  description = "Account that the platform runs as."
  type        = string
}

variable "invokers" {
  description = "Members who may call the platform, each under a name of your choice: sidecars, the dashboard, people. A token of ours is asked for on top."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in values(var.invokers) : !contains(["allUsers", "allAuthenticatedUsers"], member)])
    error_message = "The platform restarts services: it is never open to everybody. Name the accounts and groups that may call it."
  }
}

variable "token_secret_ids" {
  description = "Role (admin, operator, viewer) to the id of the secret that holds its token. admin is needed."
  type        = map(string)

  validation {
    condition     = contains(keys(var.token_secret_ids), "admin") && length(setsubtract(keys(var.token_secret_ids), ["admin", "operator", "viewer"])) == 0
    error_message = "token_secret_ids needs admin, and may have operator and viewer."
  }
}

variable "secret_environment" {
  description = "Further variables of the platform whose values are secrets: variable to secret id, such as { TAGENT_WEBHOOK_SECRET = \"tagent-webhook-secret\" }."
  type        = map(string)
  default     = {}
}

variable "environment" {
  description = "Further variables of the platform that are no secrets, such as { TAGENT_WEBHOOK_URL = \"https://...\" }."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("(TOKEN|SECRET|PASSWORD|KEY)$", name))])
    error_message = "What ends in TOKEN, SECRET, PASSWORD or KEY belongs into secret_environment: a value here is readable in the state and in the console."
  }
}

variable "firestore_database_id" {
  description = "Database that keeps the state."
  type        = string
  default     = "(default)"
}

variable "replicas" {
  description = "How many replicas run at least and at most. Two or more survive the loss of one."
  type        = object({ min = number, max = number })
  default     = { min = 2, max = 6 }
  nullable    = false

  validation {
    condition     = var.replicas.min >= 1 && var.replicas.max >= var.replicas.min && var.replicas.max <= 100
    error_message = "replicas.min must be at least 1, since the loop runs without requests, and replicas.max between it and 100."
  }
}

variable "concurrency" {
  description = "Requests that one replica takes at a time. Each sidecar holds one open (its long-poll), so this and replicas.max bound the fleet."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.concurrency >= 20 && var.concurrency <= 1000
    error_message = "concurrency must be 20 to 1000 (Cloud Run's limit)."
  }
}

variable "cpu" {
  description = "Cores of one replica; less than one is not possible with more than one request at a time."
  type        = string
  default     = "1"
  nullable    = false

  validation {
    condition     = contains(["1", "2", "4", "8"], var.cpu)
    error_message = "cpu must be 1, 2, 4 or 8."
  }
}

variable "memory" {
  description = "Memory of one replica; what it keeps on disk (charts, unless Prometheus has them) lies in it too."
  type        = string
  default     = "1Gi"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*(Mi|Gi)$", var.memory))
    error_message = "memory must be a number of Mi or Gi, such as 512Mi."
  }
}

variable "is_internal" {
  description = "Answer only what comes from inside the VPC network. People then need a way in, such as a VPN."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Refuse to delete the service with Terraform."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of the service."
  type        = map(string)
  default     = {}
}
