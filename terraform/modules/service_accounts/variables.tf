variable "project_id" {
  description = "Project of the service accounts."
  type        = string
}

variable "prefix" {
  description = "What the accounts' ids begin with."
  type        = string
  default     = "tagent"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,11}$", var.prefix))
    error_message = "prefix must have 1 to 12 small letters, digits and dashes and begin with a letter: with a service's name behind it, it is an account's id of at most 30."
  }
}

variable "service_names" {
  description = "The watched services: each runs as an account of its own."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.service_names : can(regex("^[a-z]([a-z0-9-]{0,15}[a-z0-9])?$", name))])
    error_message = "A service's name has 1 to 17 small letters, digits and dashes, begins with a letter and does not end with a dash."
  }
  validation {
    condition     = length(setintersection(var.service_names, ["platform", "dashboard", "people"])) == 0
    error_message = "platform, dashboard and people are names of Tagent's own: call yours something else."
  }
}

variable "people" {
  description = "Members who may borrow the people's account, each under a name of your choice."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in values(var.people) : !contains(["allUsers", "allAuthenticatedUsers"], member)])
    error_message = "Nobody unknown may borrow an account: name people and groups."
  }
}

variable "firestore_database_id" {
  description = "The one database that the platform may read and write."
  type        = string
  default     = "(default)"
}

variable "platform_reads_logs" {
  description = "Let the platform read the project's logs, for `tagent logs` (roles/logging.viewer)."
  type        = bool
  default     = false
}

variable "platform_follows_operations" {
  description = "Let the platform follow a roll-out by its operation (roles/run.viewer on the project: it can then read every Cloud Run service's configuration). Without it a roll-out is followed by the service it belongs to."
  type        = bool
  default     = false
}
