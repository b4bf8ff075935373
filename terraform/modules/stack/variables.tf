variable "project_id" {
  description = "Google Cloud project that everything lives in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id (6 to 30 small letters, digits and dashes), not its name or number."
  }
}

variable "region" {
  description = "Cloud Run region, such as us-central1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a Cloud Run region such as us-central1, not a zone."
  }
}

variable "prefix" {
  description = "What the names of Tagent's own things begin with."
  type        = string
  default     = "tagent"
}

variable "images" {
  description = "Tagent's own images."
  type        = object({ platform = string, dashboard = string, sidecar = string })

  validation {
    condition     = !var.require_image_digests || alltrue([for image in values(var.images) : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "Each image must be pinned by digest (...@sha256:...): a tag can mean something else tomorrow. deploy/gcloud/deploy.sh prints the digests it deployed."
  }
}

variable "require_image_digests" {
  description = "Accept images by digest alone, the services' too."
  type        = bool
}

variable "services" {
  description = "The watched services by name, each one Cloud Run service with your container and the sidecar before it; see modules/service_with_sidecar for what app takes."
  type = map(object({
    app = object({
      image              = string
      port               = optional(number)
      health_path        = optional(string)
      command            = optional(list(string))
      args               = optional(list(string))
      environment        = optional(map(string))
      secret_environment = optional(map(string))
      cpu                = optional(string)
      memory             = optional(string)
      startup_timeout_s  = optional(number)
      restart_when_sick  = optional(bool)
    })
    sidecar_environment = optional(map(string), {})
    instances           = optional(object({ min = number, max = number }))
    concurrency         = optional(number)
    request_timeout_s   = optional(number)
    invokers            = optional(map(string), {})
    is_healed           = optional(bool, true)
  }))
  default = {}

  validation {
    condition     = !var.require_image_digests || alltrue([for each in var.services : can(regex("@sha256:[0-9a-f]{64}$", each.app.image))])
    error_message = "Each service's image must be pinned by digest (...@sha256:...)."
  }
}

variable "firestore" {
  description = "The database. location_id null: the region. protect: refuse to delete it."
  type = object({
    database_id            = optional(string, "(default)")
    location_id            = optional(string)
    protect                = optional(bool, true)
    point_in_time_recovery = optional(bool, false)
  })
  default = {}
}

variable "platform" {
  description = "The platform: replicas, requests one of them takes at a time, size, further variables (plain, and secret: variable to secret id), and what its account may do beyond the least."
  type = object({
    replicas           = optional(object({ min = number, max = number }))
    concurrency        = optional(number)
    cpu                = optional(string)
    memory             = optional(string)
    environment        = optional(map(string), {})
    secret_environment = optional(map(string), {})
    is_internal        = optional(bool)
    reads_logs         = optional(bool, false)
    follows_operations = optional(bool, false)
  })
  default = {}
}

variable "people" {
  description = "Members who call the platform themselves, by the command line (through the account that people_account says) or in CI, each under a name of your choice: { sre = \"group:sre@example.com\" }."
  type        = map(string)
  default     = {}
}

variable "dashboard" {
  description = "Who gets as far as the dashboard's sign-in, and how people sign in (see modules/dashboard)."
  type = object({
    invokers = optional(map(string), {})
    oidc = optional(object({
      client_id    = string
      metadata_url = string
      redirect_uri = string
      roles        = map(string)
      role_claim   = optional(string)
      scopes       = optional(string)
    }))
  })
  default = {}
}

variable "alerting" {
  description = "Whom to tell when Tagent itself is unwell; null: nobody."
  type = object({
    emails                   = optional(set(string), [])
    notification_channel_ids = optional(set(string), [])
  })
  default = null
}

variable "deletion_protection" {
  description = "Refuse to delete the Cloud Run services with Terraform."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of everything that can have them."
  type        = map(string)
  default     = {}
}
