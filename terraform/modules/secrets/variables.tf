variable "project_id" {
  description = "Project that holds the secrets."
  type        = string
}

variable "accessors" {
  description = "Secret id to the members that may read it, each under a name of your choice: { tagent-admin-token = { platform = \"serviceAccount:...\" } }. Nobody else gets in."
  type        = map(map(string))

  validation {
    condition     = alltrue([for id in keys(var.accessors) : can(regex("^[A-Za-z0-9_-]{1,255}$", id))])
    error_message = "A secret's id has 1 to 255 letters, digits, dashes and underscores."
  }
  validation {
    condition     = alltrue(flatten([for members in var.accessors : [for member in values(members) : !contains(["allUsers", "allAuthenticatedUsers"], member)]]))
    error_message = "A secret that everybody may read is none: name the service accounts."
  }
}

variable "replica_locations" {
  description = "Regions that keep copies of the secrets; empty: Google chooses."
  type        = set(string)
  default     = []
}
