variable "project_id" {
  description = "Project that the service runs in."
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
  description = "Name of the Cloud Run service, and of the service in Tagent."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$", var.name))
    error_message = "name must have 1 to 49 small letters, digits and dashes, begin with a letter and not end with a dash."
  }
}

variable "service_account" {
  description = "Account that the service runs as: its email, its full name (projects/.../serviceAccounts/...), and the member that grants name."
  type        = object({ email = string, name = string, member = string })
}

variable "app" {
  description = <<-EOT
    Your container, which knows nothing of Tagent.
    port: where it listens, on 127.0.0.1 or 0.0.0.0; not 8080, which is the sidecar's. Cloud Run tells it no PORT: say so in environment if it needs one.
    health_path: what answers 200 when it is well.
    secret_environment: variable to the id of the secret that holds its value.
    startup_timeout_s: how long it may take until health_path answers.
    restart_when_sick: let Cloud Run restart this one container when health_path fails for 30 s; Tagent can only restart all instances.
  EOT
  type = object({
    image              = string
    port               = optional(number, 8081)
    health_path        = optional(string, "/healthz")
    command            = optional(list(string), [])
    args               = optional(list(string), [])
    environment        = optional(map(string), {})
    secret_environment = optional(map(string), {})
    cpu                = optional(string, "1")
    memory             = optional(string, "512Mi")
    startup_timeout_s  = optional(number, 120)
    restart_when_sick  = optional(bool, true)
  })

  validation {
    condition     = var.app.port >= 1024 && var.app.port <= 65535 && var.app.port != 8080
    error_message = "app.port must be 1024 to 65535 and not 8080, where the sidecar listens."
  }
  validation {
    condition     = startswith(var.app.health_path, "/")
    error_message = "app.health_path must begin with a slash."
  }
  validation {
    condition     = var.app.startup_timeout_s >= 5 && var.app.startup_timeout_s <= 240
    error_message = "app.startup_timeout_s must be 5 to 240: longer than four minutes Cloud Run waits for nobody."
  }
  validation {
    condition     = alltrue([for name in keys(var.app.environment) : !can(regex("(TOKEN|SECRET|PASSWORD|API_KEY)$", name))])
    error_message = "What ends in TOKEN, SECRET, PASSWORD or API_KEY belongs into app.secret_environment: a value here is readable in the state and in the console."
  }
}

variable "sidecar" {
  description = "The sidecar: its image, what it gets of the instance, and further TAGENT_* variables such as { TAGENT_MODE = \"check\" }."
  type = object({
    image       = string
    cpu         = optional(string, "1")
    memory      = optional(string, "256Mi")
    environment = optional(map(string), {})
  })

  validation {
    condition     = alltrue([for name in keys(var.sidecar.environment) : startswith(name, "TAGENT_") && name != "TAGENT_TOKEN"])
    error_message = "sidecar.environment takes TAGENT_* variables; the token comes by token_secret_id alone."
  }
}

variable "platform_url" {
  description = "The platform's URL, as its module says it."
  type        = string

  validation {
    condition     = startswith(var.platform_url, "https://")
    error_message = "platform_url must begin with https://: a token travels there."
  }
}

variable "token_secret_id" {
  description = "Secret that holds this service's sidecar token."
  type        = string
}

variable "healer" {
  description = "The platform's account, as a member: it may update this service and no other, which is how it restarts and rolls back. null: it only looks."
  type        = object({ member = string })
  default     = null
}

variable "instances" {
  description = "How many instances run at least and at most. With min 0 nothing is watched while nobody calls."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 3 }
  nullable    = false

  validation {
    condition     = var.instances.min >= 0 && var.instances.max >= max(var.instances.min, 1)
    error_message = "instances.min must not be negative, and instances.max at least 1 and not below it."
  }
}

variable "concurrency" {
  description = "Requests that one instance takes at a time."
  type        = number
  default     = 80
  nullable    = false

  validation {
    condition     = var.concurrency >= 1 && var.concurrency <= 1000
    error_message = "concurrency must be 1 to 1000 (Cloud Run's limit)."
  }
}

variable "request_timeout_s" {
  description = "How long one request may take."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.request_timeout_s >= 1 && var.request_timeout_s <= 3600
    error_message = "request_timeout_s must be 1 to 3600 (Cloud Run's limit)."
  }
}

variable "invokers" {
  description = "Members who may call the service, each under a name of your choice; { everybody = \"allUsers\" } makes it public."
  type        = map(string)
  default     = {}
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
