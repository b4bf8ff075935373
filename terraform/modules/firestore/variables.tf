variable "project_id" {
  description = "Project that holds the database."
  type        = string
}

variable "database_id" {
  description = "The database's id; \"(default)\" or 4 to 63 letters, digits and dashes."
  type        = string
  default     = "(default)"

  validation {
    condition     = var.database_id == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.database_id))
    error_message = "database_id must be \"(default)\", or 4 to 63 small letters, digits and dashes that begin with a letter and do not end with a dash."
  }
}

variable "location_id" {
  description = "Where the data lies, such as us-central1 or nam5. It can never be changed; a multi-region costs twice as much."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+[0-9]$|^[a-z]+-[a-z]+[0-9]+$", var.location_id))
    error_message = "location_id must be a region such as us-central1, or a multi-region such as nam5 or eur3."
  }
}

variable "protect" {
  description = "Refuse to delete the database, in Terraform and outside of it. Switch it off and apply before a destroy."
  type        = bool
  default     = true
}

variable "point_in_time_recovery" {
  description = "Keep every version of the last seven days, to go back to a moment before an accident. Costs storage."
  type        = bool
  default     = false
}

variable "indexes_file" {
  description = "The index definitions, in the form of Firebase's firestore.indexes.json: composite indexes, exempted fields, TTL fields."
  type        = string
}
