{{- define "gridset.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Ends the installation where controllers of Fluid are to run. Without a cluster (helm template) nothing is found. */}}
{{- define "gridset.refuseBesideFluid" -}}
{{- $names := list "dataset-controller" "alluxioruntime-controller" "jindoruntime-controller" "juicefsruntime-controller" "vineyardruntime-controller"
      "thinruntime-controller" "efcruntime-controller" "goosefsruntime-controller" "cacheruntime-controller" "fluidapp-controller" "fluid-webhook" }}
{{- range (lookup "apps/v1" "Deployment" "" "").items }}
{{- if and (has (get (.metadata.labels | default dict) "control-plane") $names) (gt (int .spec.replicas) 0) }}
{{- fail (printf "Fluid runs in this cluster (Deployment %s in namespace %s): its controllers and Gridset's would act on the same resources. Scale them to zero or remove them first: docs/migrate-from-fluid.md" .metadata.name .metadata.namespace) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Puts the settings of a part into the template of its pods. */}}
{{- define "gridset.adjust" -}}
{{- $root := .root }}
{{- $part := .part }}
{{- $spec := .object.spec }}
{{- $pod := $spec.template.spec }}
{{- if hasKey $part "replicas" }}
{{- $_ := set $spec "replicas" $part.replicas }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with get $part $key }}
{{- $_ := set $pod $key . }}
{{- end }}
{{- end }}
{{- with $root.Values.image.pullSecrets }}
{{- $secrets := list }}
{{- range . }}{{ $secrets = append $secrets (dict "name" .) }}{{ end }}
{{- $_ := set $pod "imagePullSecrets" $secrets }}
{{- end }}
{{- range $container := $pod.containers }}
{{- $_ := set $container "image" (include "gridset.image" $root) }}
{{- with $root.Values.image.pullPolicy }}
{{- $_ := set $container "imagePullPolicy" . }}
{{- end }}
{{- with $part.resources }}
{{- $_ := set $container "resources" . }}
{{- end }}
{{- $arguments := list }}
{{- range $container.args }}
{{- $arguments = append $arguments (regexReplaceAll "^--image=.*" . (printf "--image=%s" (include "gridset.image" $root))) }}
{{- end }}
{{- $_ := set $container "args" (concat $arguments $part.extraArgs) }}
{{- with $part.env }}
{{- $variables := list }}
{{- $given := . }}
{{- range ($container.env | default list) }}
{{- if not (hasKey $given .name) }}{{ $variables = append $variables . }}{{ end }}
{{- end }}
{{- range $variable, $value := $given }}{{ $variables = append $variables (dict "name" $variable "value" $value) }}{{ end }}
{{- $_ := set $container "env" $variables }}
{{- end }}
{{- end }}
{{- end }}
