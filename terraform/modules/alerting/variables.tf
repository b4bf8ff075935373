variable "project_id" {
  description = "Project that the platform runs in."
  type        = string
}

variable "region" {
  description = "Region that the platform runs in."
  type        = string
}

variable "platform_name" {
  description = "The platform's Cloud Run service."
  type        = string
}

variable "platform_url" {
  description = "The platform's URL; must end in run.app or be reachable from outside, or nobody can look."
  type        = string
}

variable "emails" {
  description = "Addresses that are told."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for each in var.emails : can(regex("^[^@ ]+@[^@ ]+$", each))])
    error_message = "emails must be addresses."
  }
}

variable "notification_channel_ids" {
  description = "Further channels that are told (projects/.../notificationChannels/...), such as a pager's."
  type        = set(string)
  default     = []
}
