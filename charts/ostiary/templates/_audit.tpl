{{/* The pod of the audit scanner, whether it comes by the clock or stays. */}}
{{- define "ostiary.auditPod" -}}
{{- $audit := .Values.auditScanner -}}
metadata:
  labels:
    {{- include "ostiary.labels" . | nindent 4 }}
    app.kubernetes.io/component: audit-scanner
spec:
  restartPolicy: {{ $audit.continuous.enable | ternary "Always" $audit.containerRestartPolicy }}
  serviceAccountName: {{ $audit.serviceAccountName }}
  {{- include "ostiary.podSettings" . | nindent 2 }}
  containers:
    - name: audit-scanner
      image: {{ include "ostiary.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [/ostiary]
      args:
        - audit
        - --kubewarden-namespace={{ .Release.Namespace }}
        - --loglevel={{ $audit.logLevel }}
        - --parallel-namespaces={{ $audit.parallelNamespaces }}
        - --parallel-resources={{ $audit.parallelResources }}
        - --parallel-policies={{ $audit.parallelPolicies }}
        - --page-size={{ $audit.pageSize }}
        {{- if $audit.continuous.enable }}
        - --continuous
        - --resync={{ $audit.continuous.resyncHours }}
        - --leader-elect
        - --metrics-address=:8080
        {{- end }}
        - --extra-ca=/pki/ca.crt
        - --client-cert=/client-cert/tls.crt
        - --client-key=/client-cert/tls.key
        {{- with $audit.reportCRDsKind }}
        - --report-kind={{ . }}
        {{- end }}
        {{- if $audit.outputScan }}
        - --output-scan
        {{- end }}
        {{- if $audit.disableStore }}
        - --disable-store
        {{- end }}
        {{- range concat .Values.global.skipNamespaces $audit.skipAdditionalNamespaces | uniq }}
        - --ignore-namespaces={{ . }}
        {{- end }}
      resources:
        {{- toYaml .Values.resources.auditScanner | nindent 8 }}
      {{- if $audit.continuous.enable }}
      ports:
        - { name: metrics, containerPort: 8080 }
      {{- end }}
      securityContext:
        {{- toYaml .Values.containerSecurityContext | nindent 8 }}
      volumeMounts:
        - { name: ca, mountPath: /pki, readOnly: true }
        - { name: client-cert, mountPath: /client-cert, readOnly: true }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - name: ca
      secret: { secretName: kubewarden-ca, items: [{ key: ca.crt, path: ca.crt }] }
    - name: client-cert
      secret: { secretName: kubewarden-audit-scanner-client-cert }
    - name: tmp
      emptyDir: {}
{{- end -}}

{{- define "ostiary.auditSelector" -}}
app.kubernetes.io/name: {{ include "ostiary.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: audit-scanner
{{- end -}}
